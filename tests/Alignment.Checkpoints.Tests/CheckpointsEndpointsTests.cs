using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Alignment.Checkpoints.Tests;

public sealed class CheckpointsEndpointsTests(CheckpointsHost host) : IClassFixture<CheckpointsHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Import_SameFolderTwice_IsOneCheckpoint()
    {
        var first = await ImportAsync("twice");
        var second = await ImportAsync("twice");
        Assert.Equal(first.GetProperty("id").GetString(), second.GetProperty("id").GetString());
        Assert.StartsWith("sha256:", first.GetProperty("digest").GetString());
    }

    [Fact]
    public async Task Import_FolderWithoutConfig_NamesTheFileAndTheRemedy()
    {
        var empty = Directory.CreateTempSubdirectory().FullName;
        var response = await host.Http.PostAsJsonAsync("checkpoints", new { folder = empty }, Token);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>(Token);
        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Contains("config.json", problem.GetProperty("detail").GetString());
        Assert.Equal("not-a-model-folder", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Get_UnknownReference_Is404WithRemedy()
    {
        var response = await host.Http.GetAsync("checkpoints/nobody", Token);
        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        Assert.Contains("GET /checkpoints", await response.Content.ReadAsStringAsync(Token));
    }

    [Fact]
    public async Task Alias_MovedTwice_KeepsItsHistory()
    {
        var a = (await ImportAsync("history-a")).GetProperty("id").GetString();
        var b = (await ImportAsync("history-b")).GetProperty("id").GetString();
        await MoveAsync("history", a, null);
        await MoveAsync("history", b, "\"1\"");
        var moves = await host.Http.GetFromJsonAsync<JsonElement>("checkpoints/aliases/history/history", Token);
        Assert.Equal([b, a], moves.EnumerateArray().Select(m => m.GetProperty("toCheckpointId").GetString()));
        Assert.Equal(a, moves[0].GetProperty("fromCheckpointId").GetString());
        var model = await host.Http.GetFromJsonAsync<JsonElement>("checkpoints/history", Token);
        Assert.Equal(b, model.GetProperty("id").GetString());
    }

    [Fact]
    public async Task Alias_MovedToWhereItPoints_ChangesNothing()
    {
        var a = (await ImportAsync("still")).GetProperty("id").GetString();
        await MoveAsync("still", a, null);
        await MoveAsync("still", a, null);
        var moves = await host.Http.GetFromJsonAsync<JsonElement>("checkpoints/aliases/still/history", Token);
        Assert.Equal(1, moves.GetArrayLength());
    }

    [Fact]
    public async Task Alias_MovedOnAnOldVersion_Is412()
    {
        var a = (await ImportAsync("stale-a")).GetProperty("id").GetString();
        var b = (await ImportAsync("stale-b")).GetProperty("id").GetString();
        await MoveAsync("stale", a, null);
        var response = await MoveAsync("stale", b, "\"0\"");
        Assert.Equal(HttpStatusCode.PreconditionFailed, response.StatusCode);
    }

    [Fact]
    public async Task Models_ListAliasesInTheOpenAiShape()
    {
        var a = await ImportAsync("served");
        await MoveAsync("served", a.GetProperty("id").GetString(), null);
        var models = await host.Http.GetFromJsonAsync<JsonElement>("v1/models", Token);
        Assert.Equal("list", models.GetProperty("object").GetString());
        Assert.Contains(models.GetProperty("data").EnumerateArray(), m => m.GetProperty("id").GetString() == "served" && m.GetProperty("root").GetString() == a.GetProperty("digest").GetString());
    }

    private async Task<JsonElement> ImportAsync(string mark)
    {
        var response = await host.Http.PostAsJsonAsync("checkpoints", new { folder = host.ModelFolder(mark), name = mark }, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>(Token);
    }

    private async Task<HttpResponseMessage> MoveAsync(string alias, string? checkpoint, string? ifMatch)
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"checkpoints/aliases/{alias}") { Content = JsonContent.Create(new { checkpoint, reason = "test" }) };
        if (ifMatch is not null)
        {
            request.Headers.TryAddWithoutValidation("If-Match", ifMatch);
        }

        return await host.Http.SendAsync(request, Token);
    }
}
