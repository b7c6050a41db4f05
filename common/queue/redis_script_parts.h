/// Lua that several scripts of the Redis queue share. Pieces are put together per script: a function that is not there
/// costs nothing.
#pragma once

namespace fringewatch::redis_script_parts {

/// Arguments, clock, keys, bodies, counts.
extern const char kBase[];
/// The line: runs take turns in filling the stream. Stands on kBase.
extern const char kLine[];
/// Leases: who owns a delivery, and how it ends. Stands on kLine.
extern const char kLease[];
/// The lease in the arguments 6 to 13: `owned` tells whether its consumer still has it. Stands on kLease.
extern const char kOwner[];

}  // namespace fringewatch::redis_script_parts
