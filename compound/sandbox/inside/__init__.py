"""What runs inside a sandbox: plain Python 3.8, sent as text, importing nothing of ours but its neighbours here."""
