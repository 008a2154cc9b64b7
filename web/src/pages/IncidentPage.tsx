export default function IncidentPage(_: any) { return null; }
