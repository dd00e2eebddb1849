# Makes slopes.csv and points.csv: slopes at chosen points with clubSandwich, turning points and
# Fieller limits from the covariance of sandwich. Rscript make.R
# R 4.2.2, plm 2.6.2, sandwich 3.0.2, clubSandwich 0.5.8
suppressMessages({library(plm); library(sandwich); library(clubSandwich)})
data("Grunfeld", package = "plm"); data("Produc", package = "plm")
g <- data.frame(i = factor(Grunfeld$firm), t = factor(Grunfeld$year), y = Grunfeld$inv,
                x = Grunfeld$value, w = Grunfeld$capital)
p <- data.frame(i = factor(Produc$state), t = factor(Produc$year), y = log(Produc$gsp),
                x = log(Produc$emp), w = Produc$unemp)
slopes <- points <- NULL
for (name in c("grunfeld", "produc")) for (effects in c("entity", "twoway")) for (degree in 2:3) {
  d <- list(grunfeld = g, produc = p)[[name]]
  m <- mean(d$x); s <- 1000 * (name == "grunfeld") + (name == "produc")
  d$z <- (d$x - m) / s
  d$z2 <- d$z^2; d$z3 <- d$z^3
  f <- c("y ~ z + z2", if (degree == 3) "z3", "w", "i", if (effects == "twoway") "t")
  fit <- lm(as.formula(paste(f, collapse = " + ")), d)
  powers <- 1:degree + 1
  b <- coef(fit)[powers]; k <- length(coef(fit)); n <- nrow(d); G <- nlevels(d$i)
  # parameters as xtreg counts them: regressors, constant, period effects
  K <- degree + 2 + (effects == "twoway") * (nlevels(d$t) - 1)
  V <- (vcovCL(fit, cluster = d$i, type = "HC0", cadjust = FALSE) *
        G / (G - 1) * (n - 1) / (n - K))[powers, powers]
  at <- c(min(d$z), max(d$z)); point <- c("low", "high")
  if (degree == 3) { at <- c(at, -b[2] / (3 * b[3])); point <- c(point, "inflection") }
  C2 <- vcovCR(fit, cluster = d$i, type = "CR2")
  for (j in seq_along(at)) {
    grad <- (1:degree) * at[j]^(0:(degree - 1))
    L <- rep(0, k); L[powers] <- grad
    tested <- linear_contrast(fit, vcov = C2, contrasts = matrix(L, 1), test = "Satterthwaite")
    slopes <- rbind(slopes, data.frame(case = paste(name, effects, degree, sep = "/"),
      point = point[j], at = m + s * at[j], slope = sum(grad * b) / s,
      se = sqrt(drop(t(grad) %*% V %*% grad)) / s, se_cr2 = tested$SE / s, df_few = tested$df))
  }
  if (degree == 2) {
    t2 <- qt(0.975, G - 1)^2; turn <- -b[1] / (2 * b[2])
    grad <- c(-1 / (2 * b[2]), b[1] / (2 * b[2]^2))
    # (b1 + 2 b2 z)^2 = t^2 (V11 + 4 z V12 + 4 z^2 V22), as a quadratic in z
    A <- 4 * b[2]^2 - 4 * t2 * V[2, 2]; B <- 4 * b[1] * b[2] - 4 * t2 * V[1, 2]
    C <- b[1]^2 - t2 * V[1, 1]; D <- B^2 - 4 * A * C
    roots <- if (D >= 0) sort((-B + c(-1, 1) * sqrt(D)) / (2 * A)) else c(NA, NA)
    points <- rbind(points, data.frame(case = paste(name, effects, degree, sep = "/"),
      turning = m + s * turn, se = s * sqrt(drop(t(grad) %*% V %*% grad)),
      root_low = m + s * roots[1], root_high = m + s * roots[2], bounded = A > 0 & D >= 0))
  }
}
slopes[-(1:2)] <- lapply(slopes[-(1:2)], format, digits = 16)
write.csv(slopes, "slopes.csv", row.names = FALSE, quote = FALSE)
points[2:5] <- lapply(points[2:5], format, digits = 16)
write.csv(points, "points.csv", row.names = FALSE, quote = FALSE)
