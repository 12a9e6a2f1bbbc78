# shellcheck shell=bash
# shellcheck disable=SC2154 # set by lib.sh
# Builds the archive when a source has changed since the last time. Sourced.

# The one unpacked archive in packaging/target, or the one that HOSPES_ARCHIVE names, or nothing.
archive_directory() {
  local candidate
  if [ -n "${HOSPES_ARCHIVE:-}" ]; then echo "${HOSPES_ARCHIVE%/}"; return; fi
  for candidate in "$repository_root"/packaging/target/hospes-*/; do
    [ -x "$candidate/bin/workspace" ] && { echo "${candidate%/}"; return; }
  done
  return 1
}

# A digest of everything the build reads. Of contents, not times: a fresh checkout of the same commit is the same.
sources_digest() {
  (cd "$repository_root" \
    && find . \( -name target -o -path ./var -o -name .git \) -prune -o -type f \( -name pom.xml -o -path '*/src/*' \) ! -path '*/src/test/*' -print0 \
    | LC_ALL=C sort -z | xargs -0 sha256sum | sha256sum | cut -d' ' -f1)
}

# build_archive LOG
build_archive() {
  local log=$1 stamp=$HOSPES_CACHE/built digest
  mkdir -p "$HOSPES_CACHE"
  digest=$(sources_digest)
  if [ "$(cat "$stamp" 2>/dev/null)" = "$digest" ] && archive_directory >/dev/null; then return; fi
  say "building (first time: a few minutes, most of it downloads; log: $log)"
  # `package`, not `install`: what is built here stays here. Checks and tests are ./run-tests' part.
  (cd "$repository_root" && mvn -B -Dfast -DskipTests package >"$log" 2>&1) || return 1
  archive_directory >/dev/null || { say "the build left no archive in packaging/target"; return 1; }
  echo "$digest" > "$stamp"
}
