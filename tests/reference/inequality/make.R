# Makes expected_r.csv with base R: coefficient of variation, mean log deviation, standard
# deviation of logs (divisor n), and the ratio of quantiles of type 1.
# Run: Rscript make.R usjoin.csv     (usjoin.csv as libpysal ships it)
d <- read.csv(commandArgs(TRUE)[1], check.names = FALSE)
n <- nrow(d)
one <- function(year) {
  y <- d[[year]]
  q <- quantile(y, c(0.1, 0.9), type = 1, names = FALSE)
  c(cv = sqrt((n - 1) / n) * sd(y) / mean(y), theil_l = log(mean(y)) - mean(log(y)),
    sd_log = sqrt((n - 1) / n) * sd(log(y)), ratio_90_10 = q[2] / q[1])
}
years <- c("1929", "1949", "1969", "1989", "2009")
out <- data.frame(year = years, t(sapply(years, one)))
for (k in 2:5) out[[k]] <- formatC(out[[k]], digits = 17, format = "g")
write.csv(out, "expected_r.csv", row.names = FALSE, quote = FALSE)
