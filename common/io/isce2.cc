// ISCE2 stacks: merged/interferograms/<d1>_<d2>/filt_fine.{int,cor} with a .vrt or .xml beside each raw file.
//
// Headers may hold absolute paths of the machine that made them: only the file beside the header is ever read.
#include <cpl_minixml.h>
#include <cpl_string.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "common/io/candidate.h"
#include "common/io/raw_vrt.h"

namespace fringewatch::io {
namespace {

struct DestroyXml {
  void operator()(CPLXMLNode* node) const { CPLDestroyXMLNode(node); }
};
using XmlPtr = std::unique_ptr<CPLXMLNode, DestroyXml>;

StatusOr<XmlPtr> ReadXml(const SourceFiles& disk, const std::string& path) {
  FW_ASSIGN_OR_RETURN(const std::string text, disk.ReadText(path));
  PrepareGdal();
  XmlPtr xml(CPLParseXMLString(text.c_str()));
  if (!xml) return Error(Fault::kNotReadable, "{}: is not XML ({})", path, LastGdalError());
  return xml;
}

// <property name="WIDTH"><value>100</value></property>, in any case.
std::map<std::string, std::string> Properties(const CPLXMLNode* parent) {
  std::map<std::string, std::string> values;
  for (const CPLXMLNode* node = parent == nullptr ? nullptr : parent->psChild; node != nullptr; node = node->psNext) {
    if (node->eType != CXT_Element || !EQUAL(node->pszValue, "property")) continue;
    const CPLString name = CPLGetXMLValue(node, "name", "");
    values.emplace(CPLString(name).tolower(), CPLGetXMLValue(node, "value", ""));
  }
  return values;
}

StatusOr<RasterSource> FromIsceXml(const SourceFiles& disk, const std::string& path, int band) {
  const std::string header = path + ".xml";
  FW_ASSIGN_OR_RETURN(const XmlPtr xml, ReadXml(disk, header));
  const auto values = Properties(CPLGetXMLNode(xml.get(), "=imageFile"));
  const auto text = [&](const char* key) {
    const auto found = values.find(key);
    return found == values.end() ? std::string() : CPLString(found->second).toupper();
  };
  RawLayout layout;
  layout.rows = static_cast<int>(NumberOf(values, "length").value_or(0.0));
  layout.cols = static_cast<int>(NumberOf(values, "width").value_or(0.0));
  layout.bands = static_cast<int>(NumberOf(values, "number_bands").value_or(1.0));
  layout.big_endian = text("byte_order") == "B";
  using Interleave = RawLayout::Interleave;
  const std::string scheme = text("scheme");
  layout.interleave = scheme == "BIP" ? Interleave::kPixel : scheme == "BSQ" ? Interleave::kBand : Interleave::kLine;
  const std::string type = text("data_type");
  if (type == "CFLOAT")
    layout.type = RawType::kComplex64;
  else if (type == "CDOUBLE")
    layout.type = RawType::kComplex128;
  else if (type == "DOUBLE")
    layout.type = RawType::kFloat64;
  else if (type != "FLOAT")
    return Error(Fault::kNotReadable, "{}: DATA_TYPE '{}' is not one that is read", header, type);
  if (layout.rows < 1 || layout.cols < 1 || layout.bands < 1) {
    return Error(Fault::kNotReadable, "{}: states no WIDTH and LENGTH", header);
  }
  return RawSource(path, layout, band);
}

// The .vrt written anew: the layout that it states, of the file beside it. Whatever else it names is left out.
StatusOr<RasterSource> FromVrt(const SourceFiles& disk, const std::string& path, int band) {
  const std::string header = path + ".vrt";
  FW_ASSIGN_OR_RETURN(const XmlPtr xml, ReadXml(disk, header));
  const CPLXMLNode* root = CPLGetXMLNode(xml.get(), "=VRTDataset");
  if (root == nullptr) return Error(Fault::kNotReadable, "{}: is not a GDAL virtual raster", header);
  const auto source = RawSourceOfVrt(path, *root, band);
  if (!source) return Error(Fault::kNotReadable, "{}: does not describe the raw file beside it", header);
  return *source;
}

StatusOr<RasterSource> Described(const SourceFiles& disk, const std::string& path, int band) {
  if (disk.FileExists(path + ".vrt")) return FromVrt(disk, path, band);
  if (disk.FileExists(path + ".xml")) return FromIsceXml(disk, path, band);
  return Error(Fault::kNotReadable, "{}: neither .vrt nor .xml beside it states its size", path);
}

std::string PairsFolder(const SourceFiles& disk, const std::string& path) {
  for (const char* below : {"merged/interferograms", "interferograms", "Igrams"}) {
    if (disk.IsFolder(JoinPath(path, below))) return JoinPath(path, below);
  }
  return path;
}

// The best of the folder's files with this ending: filt_fine first, then any filt_*, then the unfiltered one.
std::string BestFile(const SourceFiles& disk, const std::string& folder, std::string_view end) {
  std::string best;
  int best_rank = 0;
  for (const FolderEntry& entry : disk.ListFolder(folder)) {
    if (entry.is_folder || !entry.name.ends_with(end)) continue;
    const bool filtered = entry.name.starts_with("filt_");
    const int rank = filtered ? (entry.name.starts_with("filt_fine") ? 3 : 2) : 1;
    if (rank > best_rank) {
      best_rank = rank;
      best = JoinPath(folder, entry.name);
    }
  }
  return best;
}

void ListPair(const SourceFiles& disk, const std::string& folder, Listing& listing) {
  static const std::regex kTwoTexts("([^_]+)_([^_]+)");
  const std::string name = BaseName(folder);
  const std::string phase = BestFile(disk, folder, ".int");
  std::smatch texts;
  if (!std::regex_match(name, texts, kTwoTexts) || name.find_first_of("0123456789") == std::string::npos) return;
  Candidate candidate;
  candidate.name = name;
  candidate.zero_is_missing = true;
  if (!listing.SetDates(candidate, texts[1], texts[2], folder)) return;
  if (phase.empty()) {
    listing.Reject(folder, "phase", Error(Fault::kNotReadable, "{}: holds no interferogram (*.int)", folder));
    return;
  }
  const StatusOr<RasterSource> described = Described(disk, phase, 1);
  if (!described.ok()) return listing.Reject(phase, "phase", described.status());
  candidate.phase = *described;
  const std::string coherence = BestFile(disk, folder, ".cor");
  if (coherence.empty()) {
    candidate.coherence_expected = JoinPath(folder, "filt_fine.cor");
  } else {
    const StatusOr<RasterSource> last_band = Described(disk, coherence, 0);
    if (!last_band.ok()) {
      listing.Reject(coherence, "coherence", last_band.status());
      return listing.Reject(phase, "phase", Annotate(last_band.status(), "its coherence"));
    }
    candidate.coherence = *last_band;
  }
  listing.candidates.push_back(std::move(candidate));
}

// radarWavelength of the reference product (reference/IW*.xml), or WAVELENGTH of a data.rsc.
void ReadWavelength(const SourceFiles& disk, const std::string& start, Listing& listing) {
  std::string root = start;
  for (int up = 0; up < 3; ++up, root = FolderOf(root)) {
    for (const char* below : {"reference", "master", "referenceShelve"}) {
      for (const std::string& file : disk.FilesBelow(JoinPath(root, below), 0)) {
        if (!file.ends_with(".xml") && !file.ends_with("data.rsc")) continue;
        const StatusOr<std::string> text = disk.ReadText(file);
        if (!text.ok()) continue;
        const CPLString lower = CPLString(*text).tolower();
        const size_t key = lower.find(file.ends_with(".xml") ? "radarwavelength" : "wavelength");
        const size_t digit = key == std::string::npos ? key : lower.find_first_of("0123456789", key);
        if (digit == std::string::npos) continue;
        listing.wavelength_m = LeadingNumber(text->substr(digit, 40));
        listing.wavelength_source = "metadata";
        return listing.Accept(file, "metadata");
      }
    }
  }
}

// Heights and line of sight of geom_reference/, in the geometry of the pairs.
void ReadGeometry(const SourceFiles& disk, const std::string& folder, Listing& listing) {
  if (const std::string path = JoinPath(folder, "hgt.rdr"); disk.FileExists(path)) {
    const StatusOr<RasterSource> height = Described(disk, path, 1);
    if (height.ok())
      listing.height = *height;
    else
      listing.Reject(path, "height", height.status());
  }
  const std::string path = JoinPath(folder, "los.rdr");
  if (!disk.FileExists(path)) return;
  const auto incidence = Described(disk, path, 1), azimuth = Described(disk, path, 2);
  if (!incidence.ok() || !azimuth.ok()) return listing.Reject(path, "metadata", incidence.status());
  const auto i_deg = SampleValues(disk.rules(), *incidence, true), a_deg = SampleValues(disk.rules(), *azimuth, true);
  if (!i_deg.ok() || !a_deg.ok()) return listing.Reject(path, "metadata", i_deg.ok() ? a_deg.status() : i_deg.status());
  LineOfSight sum{0.0, 0.0, 0.0};
  for (size_t s = 0; s < i_deg->size(); ++s) {
    const double i = (*i_deg)[s] * kPi / 180.0, a = (*a_deg)[s] * kPi / 180.0;
    if (std::isnan(i) || std::isnan(a)) continue;
    sum.east -= std::sin(i) * std::sin(a);
    sum.north += std::sin(i) * std::cos(a);
    sum.up += std::cos(i);
  }
  listing.line_of_sight = Normalised(sum);
  if (listing.line_of_sight) listing.orbit_direction = listing.line_of_sight->east < 0.0 ? "ascending" : "descending";
  listing.Accept(path, "metadata");
}

}  // namespace

StatusOr<Listing> ListIsce2(const SourceFiles& disk, const StackSource& source) {
  Listing listing;
  listing.format = "isce2";
  listing.track_name = BaseName(source.path);
  const std::string pairs = PairsFolder(disk, source.path);
  for (const FolderEntry& entry : disk.ListFolder(pairs)) {
    if (entry.is_folder) ListPair(disk, JoinPath(pairs, entry.name), listing);
  }
  ReadWavelength(disk, source.path, listing);
  for (const char* below : {"geom_reference", "geom_master"}) {
    const std::string folder = JoinPath(FolderOf(pairs), below);
    if (disk.IsFolder(folder)) ReadGeometry(disk, folder, listing);
  }
  return listing;
}

}  // namespace fringewatch::io
