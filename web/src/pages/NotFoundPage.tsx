import { useLocation } from "wouter";
import { Page } from "../app/Page";
import { Empty } from "../parts/Notice";

/** An address that leads nowhere. */
export default function NotFoundPage() {
  const [path] = useLocation();
  return (
    <Page title="Page not found">
      <Empty title={`No page at ${path}`}>
        Select a page in the navigation, or press g then o for the objectives.
      </Empty>
    </Page>
  );
}
