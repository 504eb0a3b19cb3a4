const choose = lang => {
  document.documentElement.lang = lang;
  for (const button of document.querySelectorAll('nav button')) {
    button.setAttribute('aria-pressed', button.dataset.lang === lang);
  }
};
for (const button of document.querySelectorAll('nav button')) {
  button.addEventListener('click', () => choose(location.hash = button.dataset.lang));
}
const asked = location.hash.slice(1);
choose(['en', 'zh'].includes(asked) ? asked : navigator.language.startsWith('zh') ? 'zh' : 'en');
