export default function ChangesPage(_: any) { return null; }
