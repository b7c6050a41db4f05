/// The store of a deployment, by its one setting `store.uri`.
#pragma once

#include <memory>
#include <string>

#include "common/store/store.h"

namespace fringewatch::io {

/// `uri` is a local folder (created when missing) or a place in an object store: "/vsis3/bucket/prefix", likewise
/// /vsigs/, /vsiaz/, /vsioss/. Credentials come from the environment, as GDAL documents them (AWS_ACCESS_KEY_ID, ...).
///
/// In an object store a put looks whether the key exists and then writes it as one object. Two that put the same key at
/// the same moment may both write; the later one stays. That is harmless as long as the bytes under a key are a
/// function of the key, as they are for everything that is named by a hash (docs/adr/0009).
///
/// Looks at the object store once, so that a wrong address or key is an error now.
/// \error kBadOption, kNotWritable, kNotReadable (no such bucket, not allowed), kServiceAway
[[nodiscard]] StatusOr<std::unique_ptr<Store>> OpenStore(const std::string& uri);

}  // namespace fringewatch::io
