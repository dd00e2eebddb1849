"""What a server may be told; the defaults are the safe ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

MEGABYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of one server.

    Parameters
    ----------
    secret : bytes
        Key of the tokens, 32 bytes or more; when empty it is kept in `secret_file`, or
        drawn for this run only.
    secret_file : Path, optional
        Made with mode 0600 when it is not there.
    token_minutes : int
    rate, burst : float, int
        Requests a second of one key or user in the long run, and at once.
    address_rate, address_burst : float, int
        The same for sign-in and for refused credentials of one network address.
    most_body, most_upload : int
        Bytes.
    most_rows : int
        Rows of one page of observations.
    workers, most_jobs, result_hours, most_result : int
        Threads for jobs, unfinished jobs of one organisation, how long and how many bytes
        of results are kept.
    threads : int
        Requests that are worked on at a time; the others wait.
    wait_seconds : float
        How long a method call waits before it answers with a job.
    most_repeats : int
        Draws, permutations or bootstrap samples that a call of a method may ask for.
    hash_memory, hash_rounds : int
        argon2id: KiB and passes.
    least_password : int
        Characters.
    hosts : tuple of str
        Names that the Host header may hold; all when empty.
    local : bool
        Whether the server listens on this machine only.
    metrics_token : str
        Lets its holder read metrics from elsewhere.
    """

    secret: bytes = field(default=b"", repr=False)
    secret_file: Path | None = None
    token_minutes: int = 15
    rate: float = 50.0
    burst: int = 200
    address_rate: float = 0.5
    address_burst: int = 20
    most_body: int = 8 * MEGABYTE
    most_upload: int = 64 * MEGABYTE
    most_rows: int = 100_000
    workers: int = 2
    most_jobs: int = 8
    result_hours: float = 1.0
    most_result: int = 256 * MEGABYTE
    threads: int = 20
    wait_seconds: float = 10.0
    most_repeats: int = 20_000
    hash_memory: int = 65_536
    hash_rounds: int = 3
    least_password: int = 12
    hosts: tuple[str, ...] = ()
    local: bool = True
    metrics_token: str = field(default="", repr=False)
