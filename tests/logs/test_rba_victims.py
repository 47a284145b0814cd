"""Users with a takeover, found before the file is read in earnest."""

import gzip

from authrisk.logs import rba_victims
from authrisk.logs.rba_victims import takeover_users

ROW = '{i},2020-02-03 12:43:30.772,{user},,10.0.65.171,NO,-,-,1,"a, b",x,y,mobile,True,False,{end}'


def test_all_victims_are_found(tmp_path, monkeypatch):
    """However blocks fall, lines end and True is spelled, compressed or not, to the last line."""
    rows = [ROW.format(i=i, user=f"-{i}", end="True" if i % 50 == 0 else "False")
            for i in range(2_001)]  # fmt: skip
    wanted = {f"-{i}" for i in range(0, 2_001, 50)}
    for text in (
        "\n".join(rows),
        "\r\n".join(rows) + "\r\n",
        "\n".join(rows).replace("True", "TRUE"),
    ):
        path = tmp_path / "rba.csv"
        path.write_bytes(text.encode())
        assert takeover_users(path) == wanted
        path.write_bytes(gzip.compress(text.encode()))
        assert takeover_users(path) == wanted

        def in_pieces(file, text=text):
            data = text.encode()
            return (data[i : i + 997] for i in range(0, len(data), 997))

        with monkeypatch.context() as patched:
            patched.setattr(rba_victims, "plain_blocks", in_pieces)
            assert takeover_users(path) == wanted
