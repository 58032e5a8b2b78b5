"""A whole campaign, walked at the desk as its roles would, with a picture of each step.

`make pictures` makes those of docs/images/desk anew. It is also the proof that a campaign can be
led without anything but a browser.
"""
