export default function IncidentsPage(_: any) { return null; }
