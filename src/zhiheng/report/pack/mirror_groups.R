# Differences of slopes by group, and the F of Hotelling's statistic that all are equal.
contrasts_of <- function(step, found, count, clusters) {
  b <- unname(found$b[1:count]); v <- unname(found$v[1:count, 1:count])
  for (i in seq_len(count - 1)) for (j in (i + 1):count)
    put(step, sprintf("slope %d - slope %d", i, j), b[i] - b[j],
        sqrt(v[i, i] + v[j, j] - 2 * v[i, j]))
  q <- count - 1
  apart <- cbind(-1, diag(q))
  gap <- apart %*% b
  w <- drop(t(gap) %*% solve(apart %*% (v / found$scale) %*% t(apart), gap))
  put(step, "F", w * (clusters - q) / (q * clusters))
}
