# Answers of plm and gretl: Rscript make.R  (in a folder of its own; writes expected.csv)
suppressMessages(library(plm))
data("EmplUK"); data("Produc")
options(warn = -1)
rows <- list()
add <- function(case, name, value) rows[[length(rows) + 1]] <<-
  sprintf("plm,%s,%s,%.15g", case, name, value)
show <- function(case, terms, fit) {
  beta <- if (is.list(fit$coefficients)) fit$coefficients[[2]] else fit$coefficients
  v <- vcovHC(fit)
  for (i in seq_along(terms)) {
    add(case, paste0("beta:", terms[i]), beta[i])
    add(case, paste0("se:", terms[i]), sqrt(v[i, i]))
  }
  if (fit$args$transformation == "d") {  # its system version of the test misplaces rows
    # the matrix, not the function: within mtest of plm 2.6.2 a function hides vcov itself
    add(case, "ar1", mtest(fit, 1, vcov = v)$statistic)
    add(case, "ar2", mtest(fit, 2, vcov = v)$statistic)
  }
  if (fit$args$model == "twosteps") add(case, "hansen", sargan(fit)$statistic)
}
both <- c(one = "onestep", two = "twosteps")
for (s in names(both)) {
  show(paste0("table4b/", s), c("y.1", "y.2", "w", "w.1", "k", "ys", "ys.1"),
    pgmm(log(emp) ~ lag(log(emp), 1:2) + lag(log(wage), 0:1) + log(capital) +
      lag(log(output), 0:1) | lag(log(emp), 2:99), EmplUK, effect = "twoways", model = both[[s]]))
  show(paste0("system/full/", s), c("y.1", "w", "w.1", "k", "k.1"),
    pgmm(log(emp) ~ lag(log(emp), 1) + lag(log(wage), 0:1) + lag(log(capital), 0:1) |
      lag(log(emp), 2:99) + lag(log(wage), 2:99) + lag(log(capital), 2:99), EmplUK,
      effect = "twoways", model = both[[s]], transformation = "ld"))
  show(paste0("states/", s), c("y.1", "lpc", "lemp"),
    pgmm(log(gsp) ~ lag(log(gsp), 1) + log(pc) + log(emp) | lag(log(gsp), 2:4) + lag(log(pc), 2:4) |
      log(emp), pdata.frame(Produc, c("state", "year")), effect = "twoways", model = both[[s]],
      collapse = TRUE))
}
write.csv(with(EmplUK, data.frame(firm, year, n = log(emp), w = log(wage), k = log(capital),
  ys = log(output))), "employment.csv", row.names = FALSE)
write.csv(with(Produc, data.frame(state = as.integer(factor(state)), year, y = log(gsp),
  lpc = log(pc), lemp = log(emp))), "states.csv", row.names = FALSE)
gretl <- grep("^gretl,", system("gretlcli -b make.inp", intern = TRUE), value = TRUE)
writeLines(c("program,case,name,value", unlist(rows), gretl), "expected.csv")
unlink(c("employment.csv", "states.csv"))
