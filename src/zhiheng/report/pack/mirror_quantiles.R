# Quantile regression by moments (Machado and Santos Silva 2019): location, scale, and the level
# that minimises the check function of residual less scale times level. Panels are balanced.
by_moments <- function(step, y, x, effects, quantiles) {
  swept <- function(z) {
    if (effects == "none") return(z - mean(z))
    own <- ave(z, d$id)
    if (effects == "twoway") z - own - ave(z, d$period) + mean(z) else z - own
  }
  columns <- sapply(x, function(name) swept(d[[name]]))
  location <- lm.fit(columns, swept(d[[y]]))
  r <- location$residuals
  scale <- lm.fit(columns, swept(abs(r)))
  s <- abs(r) - scale$residuals
  put(step, paste0(x, ", location"), location$coefficients)
  put(step, paste0(x, ", scale"), scale$coefficients)
  weight <- abs(s); ratio <- r / s; order <- order(ratio)
  up <- sum(weight[s > 0]); down <- sum(weight) - up
  for (q in quantiles) {
    reached <- cumsum(weight[order]) >= (q * up + (1 - q) * down) * (1 - 1e-12)
    level <- ratio[order][which(reached)[1]]
    put(step, sprintf("%s, q%g", x, q), location$coefficients + level * scale$coefficients)
  }
}
