export default function CatalogPage(_: any) { return null; }
