export default function ServicesPage(_: any) { return null; }
