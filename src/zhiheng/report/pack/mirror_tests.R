# Dependence between entities and unit roots by plm; p values of published laws are printed.
test_of <- function(step, name, fit) {
  found <- tryCatch(suppressWarnings(fit), error = function(e) NULL)
  if (is.null(found)) return(invisible(message(step, ": ", name, " not computed by plm")))
  test <- if (inherits(found, "purtest")) found$statistic else found
  put(step, name, as.numeric(test$statistic))
}
dependence <- function(step, name, ..., tests) {
  ours <- c(cd = "cd", lm = "lm", sclm = "scaled_lm", bcsclm = "corrected_lm")
  for (test in tests) test_of(step, paste0(ours[test], ": ", name), pcdtest(..., test = test))
}
unit_roots <- function(step, name, exo, lags) {
  data <- pdata.frame(d, c("id", "period"))
  ours <- c(levinlin = "levinlin", ips = "ips", madwu = "madwu", Pm = "choi_pm",
            invnormal = "choi_z")
  for (test in names(ours)) test_of(step, paste0(ours[test], ": ", name),
    purtest(data[[name]], test = test, exo = exo, lags = lags, dfcor = TRUE,
            p.approx = "MacKinnon1994"))
}
