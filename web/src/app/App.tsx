// The page's frame: who is looking, what is remembered, and which page an address means.

import { createTheme, localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider, useQueryClient } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useEffect } from "react";
import { Redirect, Route, Router, Switch } from "wouter";
import { onSignedOut } from "../api/client";
import { SESSION, useSession } from "../api/queries";
import type { Session } from "../api/types";
import { kept } from "../export/figures";
import { SignInPage } from "../pages/SignInPage";
import { ObjectivesPage } from "../pages/ObjectivesPage";
import { PageBones, ShellBones } from "../parts/Bones";
import { ROUTES, objectivesPath } from "../paths";
import { useShownZone } from "../words/shownZone";
import { keeping, nameIn, useWholeLocation, useWholeSearch } from "./address";
import { Boundary } from "./Boundary";
import { useEnvironment } from "./environment";
import { optional, useSearchState } from "./searchState";
import { Shell } from "./Shell";

const ObjectivePage = lazy(() => import("../pages/ObjectivePage"));
const MapPage = lazy(() => import("../pages/MapPage"));
const ServicesPage = lazy(() => import("../pages/ServicesPage"));
const ServicePage = lazy(() => import("../pages/ServicePage"));
const PartyPage = lazy(() => import("../pages/PartyPage"));
const MetricsPage = lazy(() => import("../pages/MetricsPage"));
const TracesPage = lazy(() => import("../pages/TracesPage"));
const ComparePage = lazy(() => import("../pages/ComparePage"));
const TracePage = lazy(() => import("../pages/TracePage"));
const LogsPage = lazy(() => import("../pages/LogsPage"));
const AlertsPage = lazy(() => import("../pages/AlertsPage"));
const IncidentsPage = lazy(() => import("../pages/IncidentsPage"));
const IncidentPage = lazy(() => import("../pages/IncidentPage"));
const OnCallPage = lazy(() => import("../pages/OnCallPage"));
const PageDeliveryPage = lazy(() => import("../pages/PageDeliveryPage"));
const ChangesPage = lazy(() => import("../pages/ChangesPage"));
const CatalogPage = lazy(() => import("../pages/CatalogPage"));
const NotFoundPage = lazy(() => import("../pages/NotFoundPage"));

const queries = new QueryClient({
  // No silent retries: a failed read is shown as stale at once, and the next poll is the retry.
  defaultOptions: { queries: { retry: false, staleTime: 1_000, structuralSharing: kept } },
});
const theme = createTheme({
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  respectReducedMotion: true,
});
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
    <Routed>
      <Shell>
        <Boundary>
          <Suspense fallback={<PageBones />}>
            <Pages />
          </Suspense>
        </Boundary>
      </Shell>
    </Routed>
  );
}

const TIME = { from: optional, to: optional, compare: optional };

/** The router: every link stays in the environment one is in, and at the time one looks at, in a new tab too. */
function Routed({ children }: { children: ReactNode }) {
  const [environment] = useEnvironment();
  const [time] = useSearchState(TIME);
  const hrefs = useCallback((href: string) => keeping(href, environment, time), [environment, time]);
  return (
    <Router hook={useWholeLocation} searchHook={useWholeSearch} hrefs={hrefs}>
      {children}
    </Router>
  );
}

// Each page of one thing is keyed by that thing, so that nothing of the last one is shown under the next one's name.
// Another zone draws all of it again: every moment is written in the new one.
function Pages() {
  return (
    <Switch key={useShownZone()}>
      <Route path="/">
        <Redirect to={objectivesPath()} replace />
      </Route>
      <Route path={ROUTES.objectives} component={ObjectivesPage} />
      <Route path={ROUTES.objective}>{({ name }) => <ObjectivePage key={name} name={nameIn(name)} />}</Route>
      <Route path={ROUTES.map} component={MapPage} />
      <Route path={ROUTES.services} component={ServicesPage} />
      <Route path={ROUTES.party}>{({ name }) => <PartyPage key={name} name={nameIn(name)} />}</Route>
      <Route path={ROUTES.service}>{({ name }) => <ServicePage key={name} name={nameIn(name)} />}</Route>
      <Route path={ROUTES.metrics}>{() => <MetricsPage name={null} />}</Route>
      <Route path={ROUTES.metric}>{({ name }) => <MetricsPage name={nameIn(name)} />}</Route>
      <Route path={ROUTES.traces} component={TracesPage} />
      <Route path={ROUTES.comparison}>
        {({ first, second }) => <ComparePage key={`${first} ${second}`} first={first} second={second} />}
      </Route>
      <Route path={ROUTES.trace}>{({ id }) => <TracePage key={id} traceId={id} />}</Route>
      <Route path={ROUTES.logs} component={LogsPage} />
      <Route path={ROUTES.incidents} component={IncidentsPage} />
      <Route path={ROUTES.incident}>{({ id }) => <IncidentPage key={id} id={Number(id)} />}</Route>
      <Route path={ROUTES.alerts} component={AlertsPage} />
      <Route path={ROUTES.oncall} component={OnCallPage} />
      <Route path={ROUTES.page}>{({ id }) => <PageDeliveryPage key={id} id={Number(id)} />}</Route>
      <Route path={ROUTES.changes} component={ChangesPage} />
      <Route path={ROUTES.catalog} component={CatalogPage} />
      <Route component={NotFoundPage} />
    </Switch>
  );
}
