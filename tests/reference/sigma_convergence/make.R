# Makes expected.csv and trend.csv: dispersion of gross state product, 48 US states 1970-1986.
# Run: Rscript make.R        (Debian: r-cran-plm r-cran-sandwich)
# Versions used: R 4.2.2, plm 2.6.2, sandwich 3.0.2.
suppressPackageStartupMessages({library(plm); library(sandwich)})
data("Produc", package = "plm")
years <- sort(unique(Produc$year))
pop <- function(v) sqrt(mean((v - mean(v))^2))
digits <- function(v) formatC(v, digits = 15, format = "g")
sd_log <- sapply(years, function(t) pop(log(Produc$gsp[Produc$year == t])))
cv <- sapply(years, function(t) {v <- Produc$gsp[Produc$year == t]; pop(v) / mean(v)})
write.csv(data.frame(period = years, sd_log = digits(sd_log), cv = digits(cv)), "expected.csv",
          row.names = FALSE, quote = FALSE)
line <- function(name, v) {
  fit <- lm(v ~ years)
  se <- sqrt(diag(NeweyWest(fit, lag = 2, prewhite = FALSE, adjust = FALSE)))[2]
  data.frame(measure = name, slope = digits(coef(fit)[2]), std_error_hac = digits(se))
}
write.csv(rbind(line("sd_log", sd_log), line("cv", cv)), "trend.csv", row.names = FALSE,
          quote = FALSE)
