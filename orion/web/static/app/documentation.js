// Draws the API's documentation: Swagger UI or ReDoc, whichever the page brings, in the colours of the portal.
const root = document.documentElement;
const theme = root.dataset.theme;
const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
const swagger = document.getElementById("swagger");
const redoc = document.getElementById("redoc");

if (swagger) {
  root.classList.toggle("dark-mode", dark);
  SwaggerUIBundle({
    url: swagger.dataset.openapi,
    domNode: swagger,
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: false,
    validatorUrl: null,
  });
}

if (redoc) {
  const style = getComputedStyle(root);
  const colour = (name) => style.getPropertyValue(name).trim();
  const font = style.getPropertyValue("--font").trim() || "system-ui, sans-serif";
  const options = {
    expandResponses: "200,201",
    hideDownloadButton: false,
    nativeScrollbars: true,
    scrollYOffset: ".api-top",
    theme: {
      typography: { fontFamily: font, headings: { fontFamily: font } },
      ...(dark && {
        colors: {
          text: { primary: "#e6e8ee", secondary: "#a5acbd" },
          border: { dark: "#3a4154", light: "#2b3142" },
          primary: { main: "#8ea2ff" },
          success: { main: "#5fd38d" },
          error: { main: "#fda4af" },
          responses: {
            success: { color: "#6ee7a8", backgroundColor: "#10321f" },
            error: { color: "#fda4af", backgroundColor: "#40161d" },
          },
          http: { get: "#3fa66a", post: "#4d8dd6", put: "#b07a2f", delete: "#d0575a" },
        },
        sidebar: { backgroundColor: "#171b26", textColor: "#d5d9e4" },
        rightPanel: { backgroundColor: "#0f121a" },
        schema: { nestedBackground: "#171b26", typeNameColor: "#a5acbd" },
        codeBlock: { backgroundColor: "#171b26" },
      }),
    },
  };
  root.classList.toggle("dark-mode", dark);
  Redoc.init(redoc.dataset.openapi, options, redoc);
}
