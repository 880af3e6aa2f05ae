namespace Alignment.ModelCore.Data;

/// <summary>A supervised row and the task it belongs to. Tasks of one <paramref name="Cluster"/> resemble each other: they are held out together.</summary>
public sealed record TaskRow(string Task, string Cluster, SftRow Row)
{
    /// <summary>Reads supervised rows (<see cref="SftReader"/>) that name their task in the field <paramref name="taskField"/>.</summary>
    /// <param name="clusterField">Field that names the cluster; empty: every task is a cluster of its own.</param>
    /// <exception cref="DataException">Lists every bad line.</exception>
    public static IReadOnlyList<TaskRow> Read(IEnumerable<string> files, string taskField, string clusterField = "") => JsonLines.Read(files, line =>
        line.Text(taskField) is { } task && (clusterField.Length == 0 ? task : line.Text(clusterField)) is { } cluster && SftReader.Row(line) is { } row ? new TaskRow(task, cluster, row) : null);
}
