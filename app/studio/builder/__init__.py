"""The form builder: a form's components, one after the other, changed by acts instead of as text.

``edits`` changes a form's content, ``panel`` says what of a component is typed where and takes it back,
``sample`` makes up what a form reads, so that ``preview`` can draw and judge it as a task would. Entries the
builder does not know stay where they are. A form too broken to be taken apart is mended as text.
"""
