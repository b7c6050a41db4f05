#include "common/io/sensor_table.h"

#include <cctype>

#include "common/base/units.h"

namespace fringewatch::io {
namespace {

struct Entry {
  std::string_view aliases;  // each between blanks; lower case without punctuation
  Sensor sensor;
};

constexpr Entry kSensors[] = {
    {" s1 s1a s1b s1c s1d sen sentinel1 sentinel1a sentinel1b sentinel1c sentinel1d ", {"S1", 5.405e9}},
    {" tsx tdx paz terrasarx tandemx ", {"TSX", 9.65e9}},
    {" csk csg cosmoskymed ", {"CSK", 9.6e9}},
    {" kompsat5 k5 ", {"KOMPSAT-5", 9.66e9}},
    {" iceye ", {"ICEYE", 9.65e9}},
    {" ers ers1 ers2 ", {"ERS", 5.30e9}},
    {" env envisat asar ", {"Envisat", 5.331e9}},
    {" rs2 rsat2 radarsat2 rcm ", {"RS2", 5.405e9}},
    {" alos alos1 palsar ", {"ALOS", 1.27e9}},
    {" alos2 alos2u palsar2 ", {"ALOS-2 (U)", 1.2575e9}},
    {" alos2f alos2w ", {"ALOS-2 (F, W)", 1.2365e9}},
    {" nisar nisarl ", {"NISAR L", 1.257e9}},
    {" nisars ", {"NISAR S", 3.2e9}},
    {" saocom ", {"SAOCOM", 1.27414e9}},
    {" lt1 lutan1 ", {"LuTan-1", 1.26e9}},
    {" jers jers1 seasat ", {"JERS-1", 1.275e9}},
    {" gf3 gaofen3 ", {"GF-3", 5.4e9}},
};

}  // namespace

double Sensor::Wavelength_m() const { return kSpeedOfLight_m_per_s / frequency_hz; }

std::optional<Sensor> FindSensor(std::string_view name) {
  std::string key = " ";
  for (const char c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)))
      key += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  if (key.size() == 1) return std::nullopt;
  key += ' ';
  for (const Entry& entry : kSensors) {
    if (entry.aliases.find(key) != std::string_view::npos) return entry.sensor;
  }
  return std::nullopt;
}

}  // namespace fringewatch::io
