# Answers of plm: Rscript make.R  (writes input.csv and expected.csv)
suppressMessages(library(plm))
options(warn = -1)
set.seed(20261126)
n <- 12; t <- 30
common <- cumsum(rnorm(t))
input <- do.call(rbind, lapply(seq_len(n), function(i) {
  x <- cumsum(rnorm(t)) + 0.5 * common
  y <- as.numeric(filter(rnorm(t) + 0.2 * x, 0.7, method = "recursive")) + i
  data.frame(entity = sprintf("unit%02d", i), period = 1990 + seq_len(t), y = round(y, 6),
    x = round(x, 6))
}))
write.csv(input, "input.csv", row.names = FALSE, quote = FALSE)
data <- pdata.frame(input, c("entity", "period"))
rows <- c("case,name,value,p")
add <- function(case, name, value, p) rows <<- c(rows, sprintf("%s,%s,%.15g,%.15g", case, name, value, p))
for (variable in c("x", "y")) for (exo in c("intercept", "trend")) for (lags in 0:2) {
  case <- paste(variable, ifelse(exo == "trend", "trend", "constant"), lags, sep = "/")
  for (test in c("levinlin", "ips", "madwu", "Pm", "invnormal")) {
    fit <- purtest(data[[variable]], test = test, exo = exo, lags = lags, dfcor = TRUE,
      p.approx = "MacKinnon1994")$statistic
    add(case, test, fit$statistic, fit$p.value)
  }
  if (lags > 0) {
    fit <- cipstest(data[[variable]], lags = lags, type = ifelse(exo == "trend", "trend", "drift"))
    add(case, "cips", fit$statistic, fit$p.value)
  }
}
pairs <- function(case, ...) for (test in c("cd", "lm", "sclm", "bcsclm")) {
  fit <- pcdtest(..., test = test)
  add(case, test, fit$statistic, fit$p.value)
}
pairs("residuals", y ~ x, data = data, model = "within")
for (test in c("cd", "lm", "sclm")) {
  fit <- pcdtest(data$x, test = test)
  add("x", test, fit$statistic, fit$p.value)
}
data("Grunfeld")
pairs("grunfeld", inv ~ value + capital, data = Grunfeld, model = "within")
writeLines(rows, "expected.csv")
