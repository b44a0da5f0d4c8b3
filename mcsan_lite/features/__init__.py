"""From a clip and its transcript to a padded batch."""
