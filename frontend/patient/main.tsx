// The wording stands before the code, since text amid code packs worse.
import './catalogue/nb.json';
import './catalogue/nn.json';
import './catalogue/en.json';
import '../core/catalogue/nb.json';
import '../core/catalogue/nn.json';
import '../core/catalogue/en.json';
import { render } from 'preact';
import { embeddedState } from '../core/state.ts';
import { App, NOBODY } from './app.tsx';
import './patient.css';

addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
render(<App shell={embeddedState(NOBODY)} />, document.getElementById('page')!);
