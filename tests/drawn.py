"""What a figure says, read off its axes."""


def ticks(axis):
    return [t.get_text() for t in axis.get_ticklabels()]


def texts(ax):
    return [t.get_text() for t in ax.texts]
