// Runs before the first paint: the chosen theme, and the mark that scripts work.
document.documentElement.dataset.js = "";
const theme = localStorage.getItem("theme");
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
