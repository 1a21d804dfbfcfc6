export function AccountsScreen() {
  return <div className="screen" />;
}
