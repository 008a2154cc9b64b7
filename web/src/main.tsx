import "@fontsource-variable/inter/wght.css";
import "./styles/mantine";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/controls.css";
import "./styles/time.css";
import "./styles/parts.css";
import "./styles/tables.css";
import "./styles/charts.css";
import "./styles/pages.css";
import "./styles/metrics.css";
import "./styles/logs.css";
import "./styles/traces.css";
import "./styles/trace.css";
import "./styles/oncall.css";
import "./styles/shifts.css";
import "./styles/delivery.css";
import "./styles/map.css";
import "./styles/map-panel.css";
import "./styles/narrow.css";
import "./styles/columns.css";
import "./styles/phone.css";
import "./styles/phone-pages.css";
import "./styles/palette.css";
import "./styles/export.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "./app/App";

const root = document.getElementById("root");
if (!root) throw new Error("index.html lacks the element #root");
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
