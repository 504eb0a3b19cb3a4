#!/bin/sh
# The greenlet tests in the builds that treat the switch differently: optimised, fat LTO,
# opt-level "s". About a minute each from scratch; a target folder of its own for each. With arguments,
# only the builds named.
set -eu
cd "$(dirname "$0")/../../.."
target=${CARGO_TARGET_DIR:-target}/profiles
wanted=${*:-release fat-lto size}
run() {
    name=$1
    shift
    case " $wanted " in *" $name "*) ;; *) return ;; esac
    echo "greenlet tests, $name"
    env "$@" CARGO_TARGET_DIR="$target/$name" cargo test -q --release -p greenlet \
        --test greenlet --test hazards --test stacks
}
run release CARGO_PROFILE_RELEASE_OPT_LEVEL=3
run fat-lto CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
run size CARGO_PROFILE_RELEASE_OPT_LEVEL=s
