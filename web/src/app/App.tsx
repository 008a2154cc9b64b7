// The page's frame: who is looking, what is remembered, and which page an address means.

import { createTheme, localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { lazy, Suspense, useEffect } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { onSignedOut } from "../api/client";
import { SESSION, useSession } from "../api/queries";
import type { Session } from "../api/types";
import { SignInPage } from "../pages/SignInPage";
import { ObjectivesPage } from "../pages/ObjectivesPage";
import { PageBones, ShellBones } from "../parts/Bones";
import { nameIn, useWholeLocation, useWholeSearch } from "./address";
import { Boundary } from "./Boundary";
import { Shell } from "./Shell";

const ObjectivePage = lazy(() => import("../pages/ObjectivePage"));
const MapPage = lazy(() => import("../pages/MapPage"));
const ServicesPage = lazy(() => import("../pages/ServicesPage"));
const ServicePage = lazy(() => import("../pages/ServicePage"));
const MetricsPage = lazy(() => import("../pages/MetricsPage"));
const TracesPage = lazy(() => import("../pages/TracesPage"));
const ComparePage = lazy(() => import("../pages/ComparePage"));
const TracePage = lazy(() => import("../pages/TracePage"));
const LogsPage = lazy(() => import("../pages/LogsPage"));
const IncidentsPage = lazy(() => import("../pages/IncidentsPage"));
const IncidentPage = lazy(() => import("../pages/IncidentPage"));
const ChangesPage = lazy(() => import("../pages/ChangesPage"));
const CatalogPage = lazy(() => import("../pages/CatalogPage"));
const NotFoundPage = lazy(() => import("../pages/NotFoundPage"));

const queries = new QueryClient({
  // No silent retries: a failed read is shown as stale at once, and the next poll is the retry.
  defaultOptions: { queries: { retry: false, staleTime: 1_000 } },
});
const theme = createTheme({ fontFamily: '"Inter Variable", system-ui, sans-serif', respectReducedMotion: true });
const schemes = localStorageColorSchemeManager({ key: "holdfast-scheme" });

export function App() {
  return (
    <MantineProvider theme={theme} colorSchemeManager={schemes} defaultColorScheme="auto">
      <QueryClientProvider client={queries}>
        <Gate />
      </QueryClientProvider>
    </MantineProvider>
  );
}

/** Nobody gets past it unless the server asks for no token, or has been given one. */
function Gate() {
  const client = useQueryClient();
  const session = useSession();
  useEffect(
    () =>
      onSignedOut(() =>
        client.setQueryData(SESSION, (known: Session | undefined) => ({
          ...(known ?? { name: null, role: null }),
          authenticated: false,
          token_required: true,
        })),
      ),
    [client],
  );
  if (session.isPending) return <ShellBones />;
  if (session.data?.token_required && !session.data.authenticated) return <SignInPage />;
  return (
    <Router hook={useWholeLocation} searchHook={useWholeSearch}>
      <Shell>
        <Boundary>
          <Suspense fallback={<PageBones />}>
            <Pages />
          </Suspense>
        </Boundary>
      </Shell>
    </Router>
  );
}

// Each page of one thing is keyed by that thing, so that nothing of the last one is shown under the next one's name.
function Pages() {
  return (
    <Switch>
      <Route path="/">
        <Redirect to="/objectives" replace />
      </Route>
      <Route path="/objectives" component={ObjectivesPage} />
      <Route path="/objectives/:name">{({ name }) => <ObjectivePage key={name} name={nameIn(name)} />}</Route>
      <Route path="/map" component={MapPage} />
      <Route path="/services" component={ServicesPage} />
      <Route path="/services/:name">{({ name }) => <ServicePage key={name} name={nameIn(name)} />}</Route>
      <Route path="/metrics">{() => <MetricsPage name={null} />}</Route>
      <Route path="/metrics/:name">{({ name }) => <MetricsPage name={nameIn(name)} />}</Route>
      <Route path="/traces" component={TracesPage} />
      <Route path="/traces/:first/compare/:second">{({ first, second }) => <ComparePage key={`${first} ${second}`} first={first} second={second} />}</Route>
      <Route path="/traces/:id">{({ id }) => <TracePage key={id} traceId={id} />}</Route>
      <Route path="/logs" component={LogsPage} />
      <Route path="/incidents" component={IncidentsPage} />
      <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={Number(id)} />}</Route>
      <Route path="/changes" component={ChangesPage} />
      <Route path="/catalog" component={CatalogPage} />
      <Route component={NotFoundPage} />
    </Switch>
  );
}
