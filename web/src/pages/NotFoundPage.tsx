import { useLocation } from "wouter";
import { Page } from "../app/Page";
import { Empty } from "../parts/Notice";

/** An address that leads nowhere. */
export default function NotFoundPage() {
  const [path] = useLocation();
  return (
    <Page title="Nothing here">
      <Empty title={`No page at ${path}`}>Take a room from the rail, or press g and o for the objectives.</Empty>
    </Page>
  );
}
