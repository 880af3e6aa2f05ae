using System.Data.Common;
using System.Runtime.CompilerServices;

namespace Alignment.Storage.Databases;

/// <summary>What waits for a commit, kept beside the transaction.</summary>
internal sealed class CommitActions
{
    private readonly ConditionalWeakTable<DbTransaction, List<Action>> waiting = [];

    /// <summary>Npgsql hands out the same transaction object again after a rollback: what waited for that one is forgotten here.</summary>
    public void Begin(DbTransaction transaction) => waiting.Remove(transaction);

    public void Add(DbTransaction transaction, Action action) => waiting.GetOrCreateValue(transaction).Add(action);

    public void Run(DbTransaction transaction)
    {
        if (!waiting.TryGetValue(transaction, out var actions))
        {
            return;
        }

        waiting.Remove(transaction);
        foreach (var action in actions)
        {
            action();
        }
    }
}
