"""The explorer: edit an utterance, and see prediction and map follow.

`core` turns a state into an answer and knows no notebook. `widget` is its view in JupyterLab;
`twin` is a page that holds answers computed before.
"""
