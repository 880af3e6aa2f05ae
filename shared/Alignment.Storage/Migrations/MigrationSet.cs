using System.Reflection;

namespace Alignment.Storage.Migrations;

/// <summary>
/// The ordered SQL scripts of one project: resources <c>Migrations/NNNN_name.sql</c> embedded in <paramref name="Assembly"/>.
/// A script that has run is never edited; a change is a new script. <c>$identity$</c>, <c>$blob$</c> and <c>$real$</c> are replaced by the dialect.
/// </summary>
/// <param name="Name">Owner of the tables, the first part of each script's journal name.</param>
public sealed record MigrationSet(string Name, Assembly Assembly)
{
    internal IEnumerable<(string Name, string Sql)> Scripts() =>
        from resource in Assembly.GetManifestResourceNames()
        let start = resource.IndexOf(".Migrations.", StringComparison.Ordinal)
        where start >= 0 && resource.EndsWith(".sql", StringComparison.Ordinal)
        orderby resource
        select ($"{Name}/{resource[(start + ".Migrations.".Length)..]}", Read(resource));

    private string Read(string resource)
    {
        using var reader = new StreamReader(Assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd();
    }
}
