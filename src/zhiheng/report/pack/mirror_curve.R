# Where a polynomial turns, with delta errors: f'(x) = 0, and dx/db_j = -j x^(j-1) / f''(x).
turning <- function(step, found, degree) {
  b <- unname(found$b[1:degree]); v <- found$v[1:degree, 1:degree]
  j <- seq_len(degree)
  at <- if (degree == 2) -b[1] / (2 * b[2]) else {
    inside <- b[2]^2 - 3 * b[1] * b[3]
    if (inside < 0) return(invisible())
    sort((-b[2] + c(-1, 1) * sqrt(inside)) / (3 * b[3]))
  }
  for (i in seq_along(at)) {
    x <- at[i]
    slope <- -j * x^(j - 1) / sum((j * (j - 1) * b)[-1] * x^(j[-1] - 2))
    put(step, paste("turning point", i), x, sqrt(drop(t(slope) %*% v %*% slope)))
  }
}
