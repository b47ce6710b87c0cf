"""The numbers that stand for what a request is and what its answer was."""

SECOND = 1_000_000
DAY = 86_400 * SECOND
SPREAD = 0x1E3779B97F4A7C15  # odd: a number times it keeps all its bits, and two numbers become one

# What a request is: manifests by tag and digest, reads beside them, blobs; writes; checks and files of packages.
TAG, DIGEST, AUX, BLOB, BLOB_HEAD, PUSH, PUT, LISTING, SIGNATURE, CHECK, METADATA, FILE, PROBE = range(1, 14)
IMAGE, PACKAGE, PLAIN = (TAG, DIGEST, AUX, BLOB, BLOB_HEAD), (CHECK, METADATA, FILE, PROBE), (SIGNATURE, LISTING)
# What its answer was. From UNCHANGED on it was given, from WHOLE on something was sent.
CUT, FAILED, ASIDE, UNCHANGED, WHOLE, PART, ELSEWHERE = range(7)
# A redirect that is a success unless the log shows its target; the second kind was conditional.
TESTED, TESTED_CONDITIONAL = 7, 8
