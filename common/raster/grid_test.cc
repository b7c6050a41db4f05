#include "common/raster/grid.h"

#include <gtest/gtest.h>

#include <cmath>

namespace fringewatch {
namespace {

TEST(Grid, CornersAreOuterCornersOfPixels) {
  const Grid grid{.rows = 10, .cols = 20, .x0 = 100, .y0 = 50, .dx = 2, .dy = -3};
  EXPECT_EQ(grid.X(0), 100);
  EXPECT_EQ(grid.X(20), 140);
  EXPECT_EQ(grid.Y(10), 20);
  EXPECT_EQ(grid.X(0.5), 101);  // centre of the first column
}

TEST(Grid, ADegreeOfLatitudeIsAbout111Kilometres) {
  Grid grid{.rows = 2, .cols = 2, .x0 = 10, .y0 = 60.001, .dx = 0.001, .dy = -0.001, .geographic = true};
  SetSpacing(grid);
  EXPECT_NEAR(grid.spacing_y_m, 111.195, 0.01);      // 2 pi 6371.0088 km / 360 / 1000
  EXPECT_NEAR(grid.spacing_x_m, 111.195 / 2, 0.01);  // cos 60 degrees
  EXPECT_NEAR(grid.PixelArea_m2(), 111.195 * 111.195 / 2, 2);
  EXPECT_NEAR(grid.PixelSize_m(), 111.195 / std::sqrt(2.0), 0.01);
}

TEST(Grid, AProjectedGridIsInMetresAlready) {
  Grid grid{.rows = 2, .cols = 2, .dx = 40, .dy = -30};
  SetSpacing(grid);
  EXPECT_EQ(grid.spacing_x_m, 40);
  EXPECT_EQ(grid.spacing_y_m, 30);
}

TEST(Grid, ASubGridKeepsEveryPixelInItsPlace) {
  const Grid grid{.rows = 10, .cols = 20, .x0 = 100, .y0 = 50, .dx = 2, .dy = -3, .crs_wkt = "crs"};
  const Grid part = SubGrid(grid, {4, 7, 3, 5});
  EXPECT_EQ(part.rows, 3);
  EXPECT_EQ(part.cols, 5);
  EXPECT_EQ(part.X(1), grid.X(8));
  EXPECT_EQ(part.Y(2), grid.Y(6));
  EXPECT_EQ(part.crs_wkt, "crs");
}

}  // namespace
}  // namespace fringewatch
