#!/bin/sh
# Sets up, then runs every check: form, types, layers, tests, documentation.
# Arguments go to pytest. 安装后运行全部检查；参数传给 pytest。
set -eu
. "$(dirname -- "$0")/setup.sh"

prepare report,server,postgres,dev report
cd "$root"
bin="$venv/bin"
PATH="$bin:$PATH"
export PATH NO_MKDOCS_2_WARNING=true
failed=""

step() {
    echo "== $*"
    "$@" || failed="$failed [$1 ${2:-}]"
}

step ruff check .
step ruff format --check .
step pyright --pythonpath "$bin/python"
step lint-imports --no-logo
log="$venv/pytest.log"
echo "== pytest $*"
{
    code=0
    python -m pytest "$@" || code=$?
    echo "$code" >"$log.code"
} 2>&1 | tee "$log"
[ "$(cat "$log.code")" = 0 ] || failed="$failed [pytest]"
step mkdocs build --strict --site-dir "$venv/site"

echo "== $(tail -n 1 "$log")"
if [ -n "$failed" ]; then
    echo "== failed:$failed"
    exit 1
fi
echo "== all checks passed"
