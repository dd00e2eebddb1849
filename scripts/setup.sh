# Sourced by run.sh and test.sh: makes .venv beside this folder and installs the package in it.
# Nothing is reinstalled while pyproject.toml, constraints.txt and the checkout's place are the same.

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
venv="$root/.venv"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PYTHONNOUSERSITE=1

find_python() {
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
            >/dev/null 2>&1; then
            command -v "$candidate"
            return 0
        fi
    done
    echo "zhiheng needs Python 3.11 or later with venv and pip." >&2
    echo "需要 Python 3.11 或更高版本（含 venv 与 pip）。" >&2
    echo "Debian: apt-get install python3 python3-venv python3-pip" >&2
    return 1
}

# prepare EXTRAS [EXTRAS_IT_INCLUDES]
prepare() {
    stamp="$venv/installed-$(echo "$1" | tr ',' '-')"
    state="$(cat "$root/pyproject.toml" "$root/constraints.txt" | cksum) $root"
    if [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$state" ]; then
        return 0
    fi
    python=$(find_python)
    if ! "$venv/bin/python" -c 'import pip' >/dev/null 2>&1 ||
        ! grep -qF "$root/.venv" "$venv/bin/pip" 2>/dev/null; then
        echo "== python: $("$python" --version), making $venv"
        "$python" -m venv --clear "$venv"
    fi
    echo "== installing zhiheng[$1]"
    "$venv/bin/python" -m pip install --quiet -c "$root/constraints.txt" -e "$root[$1]"
    echo "$state" >"$stamp"
    if [ -n "${2:-}" ]; then
        echo "$state" >"$venv/installed-$2"
    fi
}
