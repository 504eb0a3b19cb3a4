#!/bin/sh
# The tests of gevent::monkey in the builds that link std differently: debug, optimised, fat LTO,
# opt-level "s"; each by rust's own lld and by GNU ld. Each has a target folder of its own, in which the
# second linker costs one link. With arguments, only the builds named.
set -eu
cd "$(dirname "$0")/../../.."
target=${CARGO_TARGET_DIR:-target}/profiles
wanted=${*:-debug release fat-lto size}
gnu_ld=-Clinker-features=-lld
[ "$(uname -m)" = x86_64 ] || gnu_ld= # elsewhere rust links by it anyway
run() {
    name=$1 profile=$2
    shift 2
    case " $wanted " in *" $name "*) ;; *) return ;; esac
    for linker in '' $gnu_ld; do
        echo "gevent::monkey, $name $linker"
        test=$(env "$@" CARGO_TARGET_DIR="$PWD/$target/$name" cargo rustc -q -p gevent --test monkey \
            --profile "$profile" --message-format json -- $linker |
            sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
        (cd common/gevent && timeout 120 "$test" -q canaries hazards sharing state)
    done
}
run debug dev
run release release CARGO_PROFILE_RELEASE_OPT_LEVEL=3
run fat-lto release CARGO_PROFILE_RELEASE_LTO=fat CARGO_PROFILE_RELEASE_CODEGEN_UNITS=1
run size release CARGO_PROFILE_RELEASE_OPT_LEVEL=s
