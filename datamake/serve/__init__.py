"""The web page of a project: it only reads the store, and judges in processes of its own."""
