using Alignment.Storage.Artifacts;

namespace Alignment.Storage.Tests.Artifacts;

public sealed class FolderArtifactStoreTests : IDisposable
{
    private readonly TestFolder folder = new();
    private readonly CancellationToken ct = TestContext.Current.CancellationToken;

    [Fact]
    public async Task Commit_SameContentTwice_OneFolderSameDigest()
    {
        var store = Store();
        var first = await store.CommitAsync(Staged(store, "hello"), ct);
        var second = await store.CommitAsync(Staged(store, "hello"), ct);

        Assert.Equal(first, second);
        Assert.Equal("hello", await File.ReadAllTextAsync(Path.Combine(store.PathOf(first), "inner", "a.txt"), ct));
        Assert.Empty(Directory.EnumerateDirectories(folder.At("artifacts/staging")));
    }

    [Fact]
    public async Task Commit_KnownContent_DigestIsTheHashOfTheManifest()
    {
        var store = Store();
        var digest = await store.CommitAsync(Staged(store, "hello"), ct);

        // printf hello | sha256sum
        const string Expected = "{\n \"files\": [\n  {\n   \"path\": \"inner/a.txt\",\n   \"size\": 5,\n   \"sha256\": \"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"\n  }\n ]\n}";
        Assert.Equal(Expected, await File.ReadAllTextAsync(Path.Combine(store.PathOf(digest), "manifest.json"), ct));
        Assert.True(store.Exists(digest));
        Assert.Empty(await store.VerifyAsync(digest, ct));
    }

    [Fact]
    public async Task Verify_ChangedMissingAndAddedFiles_NamesEach()
    {
        var store = Store();
        var staged = Staged(store, "hello");
        await File.WriteAllTextAsync(Path.Combine(staged, "b.txt"), "b", ct);
        var digest = await store.CommitAsync(staged, ct);
        await File.WriteAllTextAsync(Path.Combine(store.PathOf(digest), "inner/a.txt"), "hellO", ct);
        File.Delete(Path.Combine(store.PathOf(digest), "b.txt"));
        await File.WriteAllTextAsync(Path.Combine(store.PathOf(digest), "c.txt"), "c", ct);

        var problems = await store.VerifyAsync(digest, ct);

        Assert.Equal(3, problems.Count);
        Assert.Contains(problems, problem => problem.Contains("b.txt' is missing"));
        Assert.Contains(problems, problem => problem.Contains("a.txt' was changed"));
        Assert.Contains(problems, problem => problem.Contains("c.txt' is not in the manifest"));
    }

    [Fact]
    public void PathOf_HostileDigest_IsRefused() =>
        Assert.Throws<ArgumentException>(() => Store().PathOf("sha256:../../../../etc/passwd"));

    [Fact]
    public void Store_UnusableFolder_NamesPathAndRemedy()
    {
        File.WriteAllText(folder.At("artifacts"), "");
        var fault = Assert.Throws<StorageException>(() => Store());
        Assert.Contains(folder.At("artifacts"), fault.Message);
        Assert.Contains("write access", fault.Message);
    }

    public void Dispose() => folder.Dispose();

    private FolderArtifactStore Store() => new(folder.At("artifacts"), TimeProvider.System);

    private static string Staged(IArtifactStore store, string text)
    {
        var staged = store.Stage("test: a/b");
        Directory.CreateDirectory(Path.Combine(staged, "inner"));
        File.WriteAllText(Path.Combine(staged, "inner", "a.txt"), text);
        return staged;
    }
}
