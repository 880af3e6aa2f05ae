using System.Data.Common;
using Alignment.Storage;
using Dapper;

namespace Alignment.PreferenceStore.Leases;

/// <summary>People and simulated annotators, known by handle.</summary>
internal static class Annotators
{
    public static async Task<string> EnsureAsync(DbTransaction tx, string handle, string kind, TimeProvider clock, CancellationToken ct)
    {
        var row = new { id = Ids.New(clock), handle, kind, now = clock.Now() };
        await tx.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into annotators (id, handle, kind, created_at) values (@id, @handle, @kind, @now) on conflict (handle) do nothing", row, tx, cancellationToken: ct));
        return (await FindAsync(tx, handle, ct))!;
    }

    public static Task<string?> FindAsync(DbTransaction tx, string handle, CancellationToken ct) => tx.Connection!.QuerySingleOrDefaultAsync<string>(
        new CommandDefinition("select id from annotators where handle = @handle", new { handle }, tx, cancellationToken: ct));
}
