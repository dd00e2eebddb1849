#!/bin/sh
# Sets up, then runs the main job: `zhiheng run`, with whatever arguments are given.
# 安装后运行主任务；参数原样传给 `zhiheng run`。
set -eu
. "$(dirname -- "$0")/setup.sh"

prepare report
exec "$venv/bin/zhiheng" run "$@"
