# Makes expected.csv: slope of labour productivity on a small index of Produc, split by indicator.
# Run: Rscript make.R      (R 4.2.2, plm 2.6.2 for the data only)
data("Produc", package = "plm")
d <- Produc[order(Produc$state, Produc$year), ]
y <- log(d$gsp / d$emp)
more <- cbind(capital = d$pc / d$emp, roads = d$hwy / d$emp)
less <- cbind(unemployment = d$unemp)
scale01 <- function(v) (v - min(v)) / (max(v) - min(v))
z <- cbind(apply(more, 2, scale01), apply(-less, 2, scale01))
entropy <- apply(z, 2, function(v) { p <- v / sum(v); p <- p[p > 0]; 1 + sum(p * log(p)) / log(nrow(z)) })
recipes <- list(entropy = entropy / sum(entropy), equal = rep(1, ncol(z)) / ncol(z))
dummies <- list(twoway = ~ factor(state) + factor(year),
                trends = ~ factor(state) * I(year - 1978) + factor(year))
out <- list()
for (w in names(recipes)) for (e in names(dummies)) {
  parts <- sweep(z, 2, recipes[[w]], "*"); x <- rowSums(parts)
  right <- cbind(model.matrix(dummies[[e]], d), log(d$pcap))
  off <- function(v) lm.fit(right, v)$residuals
  xr <- off(x)
  terms <- apply(parts, 2, function(p) sum(off(p) * y) / sum(xr^2))
  slope <- lm.fit(cbind(x, right), y)$coefficients[[1]]
  variance <- apply(parts, 2, function(p) sum(off(p) * xr) / sum(xr^2))
  out[[length(out) + 1]] <- data.frame(weights = w, effects = e, indicator = colnames(z),
    weight = recipes[[w]], estimate = terms, variance_share = variance, slope = slope)
}
table <- do.call(rbind, out)
numbers <- sapply(table, is.numeric)
table[numbers] <- lapply(table[numbers], formatC, digits = 15, format = "g")
write.csv(table, "expected.csv", row.names = FALSE, quote = FALSE)
