# Estimates of this study as R commands; results go to mirror_results.csv.
# 本研究估计的 R 命令，结果写入 mirror_results.csv。
# Needs plm and sandwich. Standard errors: clustered by entity (CR1); `k` is the number of
# parameters that the small-sample factor G/(G-1) * (N-1)/(N-k) counts.
suppressPackageStartupMessages({library(plm); library(sandwich)})
d <- read.csv("data/mirror.csv", colClasses = c(entity = "character"), na.strings = "")
d <- d[order(d$id, d$period), ]
d$t <- d$period - mean(range(d$period))
results <- NULL
put <- function(step, term, estimate, std_error = NA) {
  row <- data.frame(step = step, term = term, estimate = unname(estimate),
                    std_error = unname(std_error))
  results <<- rbind(results, row)
}
# Numbers are kept under `names`; what is returned serves for combinations of coefficients.
keep <- function(step, fit, variance, terms, names = terms) {
  v <- as.matrix(variance)[terms, terms, drop = FALSE]
  put(step, names, coef(fit)[terms], sqrt(diag(v)))
  list(b = coef(fit)[terms], v = v)
}
cr1 <- function(n, g, k) g / (g - 1) * (n - 1) / (n - k)
only_g <- function(n, g, k) g / (g - 1)
no_factor <- function(n, g, k) 1
not_these <- function(n, g, k) NA  # the study's errors are of another kind
# Complete rows in these columns; entities whose own effects absorb them whole are left out.
whole <- function(columns, data = d, least = 0) {
  data <- data[complete.cases(data[columns]), ]
  count <- ave(rep(1, nrow(data)), data$id, FUN = sum)
  data[count > least, ]
}
by_plm <- function(step, formula, model, effect, terms, factor, k, names = terms, data = d) {
  absorbed <- model == "within" && effect != "time"
  data <- whole(setdiff(all.vars(formula), "0"), data, as.integer(absorbed))
  fit <- plm(formula, data, index = c("id", "period"), model = model, effect = effect)
  v <- vcovHC(fit, method = "arellano", type = "HC0", cluster = "group")
  scale <- factor(nobs(fit), length(unique(index(fit, "id"))), k)
  invisible(c(keep(step, fit, v * scale, terms, names), scale = scale))
}
by_dummies <- function(step, formula, data, terms, factor, k, names = terms, least = 0) {
  data <- whole(all.vars(formula), data, least)
  fit <- lm(formula, data)
  v <- vcovCL(fit, cluster = data$id, type = "HC0", cadjust = FALSE)
  scale <- factor(nobs(fit), length(unique(data$id)), k)
  invisible(c(keep(step, fit, v * scale, terms, names), scale = scale))
}
difference <- function(columns, data = d) {
  last <- nrow(data)
  near <- c(FALSE, data$id[-1] == data$id[-last] & data$period[-1] == data$period[-last] + 1)
  out <- data
  out[-1, columns] <- data[-1, columns] - data[-last, columns]
  out[near, ]
}
