# Makes samples.csv, expected.csv and density.csv with base R and diptest.
#
# Bandwidths are those of R. The critical bandwidth and both p values are written out here
# from the papers, one resample at a time, with densities evaluated directly; the random
# numbers are R's own, so p values agree within sampling error only.
# Run: Rscript make.R
set.seed(20261126)
samples <- list(eruptions = faithful$eruptions, precip = as.numeric(precip),
                income = as.numeric(state.x77[, "Income"]), normal = round(rnorm(60), 6))
slope <- function(x, h, at) sapply(at, function(a) sum((x - a) * exp(-0.5 * ((x - a) / h)^2)))
modes <- function(x, h, low = min(x) - h / 50, high = max(x) + h / 50) {
  at <- seq(low, high, length.out = max(200, ceiling(20 * (high - low) / h)))
  s <- slope(x, h, at)
  s <- s[abs(s) > 1e-13 * max(abs(s))]
  sum(s[-length(s)] > 0 & s[-1] < 0)
}
critical <- function(x, ...) {
  low <- diff(range(x)) / 1000; high <- diff(range(x))
  while (modes(x, low, ...) <= 1) low <- low / 2
  # from above, so that the largest bandwidth with two modes is the one bracketed
  a <- high; while (modes(x, a, ...) <= 1) { high <- a; a <- a * 0.9 }
  low <- a
  while (high - low > 1e-9 * high) {
    m <- (low + high) / 2
    if (modes(x, m, ...) <= 1) high <- m else low <- m
  }
  high
}
B <- 1000
silverman <- function(x) {
  h <- critical(x); s <- sd(x); n <- length(x)
  mean(replicate(B, {
    y <- sample(x, n, TRUE) + h * rnorm(n)
    modes(mean(x) + (y - mean(x)) / sqrt(1 + h^2 / s^2), h) > 1
  }))
}
lambda <- function(a) (0.94029 * a^3 - 1.59914 * a^2 + 0.17695 * a + 0.48971) /
  (a^3 - 1.77793 * a^2 + 0.36162 * a + 0.42423)
hall_york <- function(x) {
  low <- min(x); high <- max(x); n <- length(x)
  h <- critical(x, low, high)
  draws <- lapply(1:B, function(b) sample(x, n, TRUE) + h * rnorm(n))
  for (a in seq(0.01, 0.99, 0.01)) {
    one <- sapply(draws, function(y) modes(y, h * lambda(a), low, high) <= 1)
    if (mean(one) >= 1 - a) return(a)
  }
  1
}
rows <- lapply(names(samples), function(k) {
  x <- samples[[k]]
  data.frame(sample = k, n = length(x), silverman = bw.nrd0(x), scott = bw.nrd(x),
             sheather_jones = bw.SJ(x, nb = 1e6, tol = 1e-12), critical = critical(x),
             p_silverman = silverman(x), p_calibrated = hall_york(x))
})
out <- do.call(rbind, rows)
for (k in 3:8) out[[k]] <- formatC(out[[k]], digits = 15, format = "g")
write.csv(out, "expected.csv", row.names = FALSE, quote = FALSE)
write.csv(do.call(rbind, lapply(names(samples), function(k)
  data.frame(sample = k, value = formatC(samples[[k]], digits = 17, format = "g")))),
  "samples.csv", row.names = FALSE, quote = FALSE)
